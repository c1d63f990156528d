"""The GitHub driver: webhooks are read in `hooks`, everything that talks to GitHub is behind `client`."""
