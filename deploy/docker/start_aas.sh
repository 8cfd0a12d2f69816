#!/usr/bin/env bash
# start_aas.sh [--workspace DIR] [flags]: gateway and Triton in one container, with the flags of AIAA's command of this name.
#
# As root it runs the gateway as the user that owns the workspace (uid 1000 where that is root, who loses it), and Triton as another one.
set -euo pipefail

home=${AIAA_HOME:-/opt/aiaa-gateway}
state=${AIAA_STATE_DIR:-/tmp}
first_user=1000

workspace=${AIAA_WORKSPACE:-/var/nvidia/aiaa}
repository=${AIAA_MODEL_REPOSITORY:-}
arguments=("$@")
for ((at = 0; at < $#; at++)); do
  case ${arguments[at]} in
    --workspace | -w) workspace=${arguments[at + 1]:-$workspace} ;;
    --workspace=*) workspace=${arguments[at]#*=} ;;
    --model_repository* | --model-repository* | --triton_model_path*) repository=given ;;
  esac
done

mkdir -p "$workspace"
workspace=$(realpath "$workspace")
# Beside the models that AIAA kept there, never among them.
[ -n "$repository" ] || export AIAA_MODEL_REPOSITORY="$workspace/triton_models/repo"
export AIAA_WORKSPACE="$workspace"

shm_mb=$(df --output=size -m /dev/shm 2>/dev/null | tail -n 1 | tr -d ' ' || echo 0)
if [ "${shm_mb:-0}" -lt 1024 ]; then
  echo "/dev/shm has ${shm_mb} MB: large tensors will go through gRPC, which is slower. Start the container with --shm-size=8g or --ipc=host." >&2
fi

closed=()
if [ "$(id -u)" = 0 ]; then
  owner=$(stat -c %u "$workspace")
  if [ "$owner" = 0 ]; then
    owner=$first_user
    echo "the workspace $workspace belongs to root: it is given to uid $owner, and the server runs as that" >&2
    chown -R "$owner:$owner" "$workspace"
  fi
  group=$(stat -c %g "$workspace")
  # Triton is in the group of the workspace, and root's would let it in elsewhere.
  [ "$group" != 0 ] || group=$owner
  install -d -o "$owner" -g "$group" "$workspace/logs"
  export AIAA_GATEWAY_USER="$owner:$group" HOME=/tmp
  closed=(setpriv --no-new-privs)
fi

# For stop_aiaa.sh and the health check, which are told nothing.
echo "$workspace" > "$state/aiaa-gateway.workspace"
exec ${closed[@]+"${closed[@]}"} "${AIAA_NODE:-node}" "$home/scripts/aiaa-gateway.mjs" start "$@"
