#!/usr/bin/env bash
# The health check of the container: the gateway answers, on whatever port it was given.
set -euo pipefail
workspace=$(cat "${AIAA_STATE_DIR:-/tmp}/aiaa-gateway.workspace" 2>/dev/null || echo "${AIAA_WORKSPACE:-/var/nvidia/aiaa}")
exec "${AIAA_NODE:-node}" "${AIAA_HOME:-/opt/aiaa-gateway}/scripts/aiaa-gateway.mjs" status --live --insecure --timeout 5 --workspace "$workspace"
