# shellcheck shell=bash
# Starts one of the tools in several processes by torchrun; read by dist_train.sh and dist_test.sh.

# launch_processes NUM_PROCESSES TOOL [ARGS]
#
# Environment: NNODES machines (1), NODE_RANK of this one (0), MASTER_ADDR and PORT of the first (29500), PYTHON.
# On one machine without PORT a free port is taken, so that several runs do not meet. The script becomes torchrun
# (exec), so that whoever ends it ends the processes.
launch_processes() {
    local number=$1 tool=$2
    shift 2
    if [[ ! $number =~ ^[1-9][0-9]*$ ]]; then
        echo "NUM_PROCESSES must be a positive whole number, got '$number'" >&2
        return 2
    fi
    local nodes=${NNODES:-1}
    local -a meeting=(--nnodes "$nodes" --node_rank "${NODE_RANK:-0}" --master_port "${PORT:-29500}")
    if [[ $nodes == 1 ]]; then
        meeting+=(--master_addr "${MASTER_ADDR:-127.0.0.1}")
        [[ -n ${PORT:-} ]] || meeting=(--standalone)
    elif [[ -n ${MASTER_ADDR:-} ]]; then
        meeting+=(--master_addr "$MASTER_ADDR")
    else
        echo "NNODES is $nodes: set MASTER_ADDR to the address of the first machine" >&2
        return 2
    fi
    exec "${PYTHON:-python}" -m torch.distributed.run "${meeting[@]}" --nproc_per_node "$number" \
        "$(dirname "${BASH_SOURCE[0]}")/$tool" "$@" --launcher pytorch
}
