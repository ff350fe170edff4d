#!/bin/sh
# Walks from 1000 towards 0 and reports how far it is. Goes on from its checkpoint, and leaves one when it is asked to end.
checkpoint="$ORCHESTRATOR_CHECKPOINTS/state"
step=0
distance=$((1000 + ORCHESTRATOR_SEED))
[ -f "$checkpoint" ] && read -r step distance < "$checkpoint"

save() {
    echo "$step $distance" > "$checkpoint.tmp" && mv "$checkpoint.tmp" "$checkpoint"
}
trap 'save; exit 0' TERM

while [ "$step" -lt "$ORCHESTRATOR_PARAM_STEPS" ]; do
    step=$((step + 1))
    case $1 in
        --divide-by) distance=$((distance / $2)) ;;
        --subtract) distance=$((distance - $2)) ;;
    esac
    echo "{\"step\": $step, \"distance\": $distance}" >> "$ORCHESTRATOR_METRICS_FILE"
done
echo "walked $step steps"
