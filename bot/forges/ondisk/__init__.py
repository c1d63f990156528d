"""What the forges of this machine share: reading Git on disk, and a conversation kept in a file."""
