#!/usr/bin/env bash
# Train in several processes; without arguments it says how.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/launch_processes.sh"

if (( $# < 2 )); then
    cat >&2 <<'EOF'
usage: tools/dist_train.sh CONFIG NUM_PROCESSES [ARGS of tools/train.py]

Trains in NUM_PROCESSES processes of this machine, one a GPU; without any GPU they share the CPU.

    tools/dist_train.sh configs/spd/spd_r101_lip.py 4 --amp

On several machines run it on each, with these variables, here on the second of two:

    NNODES=2 NODE_RANK=1 MASTER_ADDR=192.0.2.1 PORT=29500 tools/dist_train.sh configs/spd/spd_r101_lip.py 4

PYTHON is the interpreter, "python" by default.
EOF
    exit 2
fi

launch_processes "$2" train.py "$1" "${@:3}"
