"""What is measured: requests, and what they cost the service, its database and its cache."""
