#!/usr/bin/env bash
# Train on a Slurm cluster; without arguments it says how.
set -euo pipefail

if (( $# < 4 )); then
    cat >&2 <<'EOF'
usage: tools/slurm_train.sh PARTITION JOB CONFIG WORK_DIR [ARGS of tools/train.py]

Trains as Slurm job JOB in one process for each GPU, and waits for it.

    GPUS=16 tools/slurm_train.sh gpu spd configs/spd/spd_r101_lip.py work_dirs/spd_r101_lip --amp

GPUS (8), GPUS_PER_NODE (8, or GPUS where that is less) and CPUS_PER_TASK (5) say what to ask for, SRUN_ARGS holds
further options of srun, PORT (29500) is where the processes meet, PYTHON is the interpreter.
EOF
    exit 2
fi

gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-$(( gpus < 8 ? gpus : 8 ))}
read -ra more <<< "${SRUN_ARGS:-}"

export MASTER_PORT=${PORT:-29500}
exec srun --partition "$1" --job-name "$2" --gres "gpu:$per_node" --ntasks "$gpus" \
    --ntasks-per-node "$per_node" --cpus-per-task "${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 ${more[@]+"${more[@]}"} \
    "${PYTHON:-python}" -u "$(dirname "${BASH_SOURCE[0]}")/train.py" "$3" --work-dir "$4" --launcher slurm "${@:5}"
