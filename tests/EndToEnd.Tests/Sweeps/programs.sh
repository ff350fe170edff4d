# Counts attempts in the trial's checkpoint folder. The first two start a child with a child of its own, which holds $PIPE open,
# and wait for good.
stage=$(($(cat "$ORCHESTRATOR_CHECKPOINTS/stage" 2>/dev/null || echo 0) + 1))
echo $stage > "$ORCHESTRATOR_CHECKPOINTS/stage"
echo "stage $stage"
echo "{\"step\": $stage, \"stage\": $stage}"
[ $stage -ge 3 ] && exit 0
exec 3> "$PIPE"
sh -c 'sh -c "echo here >&3; while :; do sleep 0.1; done" & wait' &
wait
