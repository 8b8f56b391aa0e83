"""What people change of a patient's prescription and limits, judged: which alerts it would make later, or take away."""
