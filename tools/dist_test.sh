#!/usr/bin/env bash
# Evaluate a checkpoint in several processes; without arguments it says how.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/launch_processes.sh"

if (( $# < 3 )); then
    cat >&2 <<'EOF'
usage: tools/dist_test.sh CONFIG CHECKPOINT NUM_PROCESSES [ARGS of tools/test.py]

Tests in NUM_PROCESSES processes of this machine, one a GPU; without any GPU they share the CPU.

    tools/dist_test.sh configs/spd/spd_r101_lip.py work_dirs/spd_r101_lip/iter_400000.pth 4 --out metrics.json

NNODES, NODE_RANK, MASTER_ADDR, PORT and PYTHON are those of tools/dist_train.sh.
EOF
    exit 2
fi

launch_processes "$3" test.py "$1" "$2" "${@:4}"
