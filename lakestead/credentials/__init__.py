"""Credentials of the platform: where each is kept, who has a copy of it, and who still uses an old one."""
