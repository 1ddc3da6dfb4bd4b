"""What the consumers' kit carries, made from the code: JSON Schemas, and sample messages about a fictitious France."""
