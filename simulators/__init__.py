"""Patients and machines that do not exist: pure physics inside, a pseudo-terminal or an MQTT load outside."""
