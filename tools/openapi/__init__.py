"""The API's description, kept true: written with real answers, and held against what was promised before."""
