"""Head office: keys and broker, the worker that takes journals, its command line."""
