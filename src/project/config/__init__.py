"""What ``prefect.yml`` says."""
