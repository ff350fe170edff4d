# A step is a line of the checkpoint. What was not told of the last one before an interruption is told by the next attempt.
trap 'exit 0' TERM
steps="$ORCHESTRATOR_CHECKPOINTS/steps"
touch "$steps"
step=$(wc -l < "$steps")
tell() { echo "{\"step\": $step, \"score\": $((ORCHESTRATOR_PARAM_INDEX * 100 + step))}"; }
[ "$step" -gt 0 ] && tell
while [ "$step" -lt "$ORCHESTRATOR_PARAM_STEPS" ]; do
  sleep 0.1
  step=$((step + 1))
  echo "$step" >> "$steps"
  tell
done
cp "$steps" "$ORCHESTRATOR_FOLDER/steps"
