"""Who sells: organisations, outlets, people, phones, tracked numbers, duty."""
