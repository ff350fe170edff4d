# A step is a line of the checkpoint. An attempt tells first of all steps before it: of the last ones nobody may have heard.
trap 'exit 0' TERM
steps="$ORCHESTRATOR_CHECKPOINTS/steps"
tell() { echo "{\"step\": $step, \"score\": $((ORCHESTRATOR_PARAM_INDEX * 100 + step))}"; }
step=0
touch "$steps"
while read -r step; do tell; done < "$steps"
step=$(wc -l < "$steps")
while [ "$step" -lt "$ORCHESTRATOR_PARAM_STEPS" ]; do
  sleep 0.1
  step=$((step + 1))
  echo "$step" >> "$steps"
  tell
done
cp "$steps" "$ORCHESTRATOR_FOLDER/steps"
