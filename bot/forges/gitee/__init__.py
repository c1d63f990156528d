"""Gitee behind the forge port: webhooks (`hooks`) and API v5 (`client`)."""
