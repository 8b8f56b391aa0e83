"""The vocabulary: signals, units, phases, alarm words, messages and topics. Imports nothing of ours."""
