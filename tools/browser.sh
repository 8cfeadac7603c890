#!/bin/sh
# The tests in a browser need Chromium. Where it is missing it is installed if that is possible.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

if have chromium || have chromium-browser || have google-chrome; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && have apt-get; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium fonts-noto-core fonts-noto-color-emoji
fi
if ! have chromium; then
  echo "missing: chromium" >&2
  echo "  the tests in a browser need it: install Chromium from your system's packages" >&2
  exit 1
fi
