"""What crosses agencies and borders: mandates that are followed up."""
