#!/usr/bin/env bash
# stop_aiaa.sh: ends what start_aas.sh started in this container; running jobs finish first.
set -euo pipefail
workspace=$(cat "${AIAA_STATE_DIR:-/tmp}/aiaa-gateway.workspace" 2>/dev/null || echo "${AIAA_WORKSPACE:-/var/nvidia/aiaa}")
exec "${AIAA_NODE:-node}" "${AIAA_HOME:-/opt/aiaa-gateway}/scripts/aiaa-gateway.mjs" stop --workspace "$workspace" "$@"
