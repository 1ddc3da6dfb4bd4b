"""Generates what the consumers' kit contains: JSON Schemas, and sample messages about a fictitious France."""
