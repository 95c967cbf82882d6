"""What is judged: requirements, verdicts, records of a run and the reports made from them."""
