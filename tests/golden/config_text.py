"""How protobuf's own text parser reads model configs: the JSON form of what Triton would see.

    node tests/golden/make.mjs config_text

Writes config_text.json: texts in every spelling the format allows, and what they mean; what Triton's own example means; texts that it refuses.
"""
import json
import sys
from pathlib import Path

from google.protobuf import json_format, text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

TEXTS = {
    "comments, separators and both quotes": "# c\nname: 'a' ; platform : \"b\",max_batch_size:4#x\nbackend: \"\"",
    "braces and brackets of both kinds": "input < name: \"A\" dims: [1, -1] > input: { name: \"B\" dims: 3 dims: [ 4 ] } input [ { name: \"C\" }, < name: \"D\" > ] output [ ]",
    "neighbouring texts and escapes": "name: \"a\" 'b'\n  \"\\n\\t\\\\\\\"\\'\\x41\\101\\303\\244\" platform: \"\\u00e4\\U0001F600\"",
    "numbers": "max_batch_size: 0x10 instance_group { count: 010 gpus: [0, 1] } dynamic_batching { max_queue_delay_microseconds: 18446744073709551615 priority_levels: 9007199254740993 }",
    "numbers with a fraction": "sequence_batching { direct { minimum_slot_utilization: 1.5e-1f } } model_metrics { metric_control { histogram_options { buckets: [ .5, 1, 2., -3e2 ] } } }",
    "truth": "optimization { cuda { graphs: true busy_wait_events: f output_copy_stream: 1 } eager_batching: t } model_transaction_policy { decoupled: False }",
    "enums by name and number": "input { name: \"A\" data_type: TYPE_FP32 format: 2 } instance_group { kind: KIND_CPU } instance_group { kind: 1 }",
    "maps": "parameters { key: \"A\" value { string_value: \"1\" } } parameters: { key: \"B\" value: { string_value: \"2\" } } parameters [ { value { string_value: \"3\" } key: \"C\" } ] metric_tags { key: \"x\" value: \"y\" } dynamic_batching { priority_queue_policy { key: 3 value { timeout_action: DELAY } } }",
    "accelerators": "optimization { execution_accelerators { gpu_execution_accelerator : [ { name : \"tensorrt\" parameters { key: \"precision_mode\" value: \"FP16\" } parameters { key: \"max_workspace_size_bytes\" value: \"1073741824\" } } ] } }",
    "version policies and warm-up": "version_policy: { specific { versions: [1, 3] } } model_warmup [ { name: \"w\" batch_size: 1 inputs { key: \"INPUT0\" value { data_type: TYPE_INT32 dims: 16 zero_data: true } } } ]",
    "ensembles": "platform: \"ensemble\" ensemble_scheduling { step [ { model_name: \"a\" model_version: -1 input_map { key: \"I\" value: \"J\" } } ] }",
    "an empty message": "dynamic_batching { }",
}
REFUSED = {
    "an unknown field": "nam: \"a\"",
    "a text without quotes": "name: a",
    "a number in quotes": "max_batch_size: \"4\"",
    "a number too large": "max_batch_size: 2147483648",
    "a negative unsigned number": "dynamic_batching { max_queue_delay_microseconds: -1 }",
    "an unknown enum": "input { data_type: FP32 }",
    "a field twice": "name: \"a\" name: \"b\"",
    "a missing brace": "input { name: \"A\"",
    "a wrong brace": "input { name: \"A\" >",
    "a list for one value": "name: [ \"a\" ]",
    "a text that is not closed": "name: \"a",
    "a scalar without colon": "name \"a\"",
    "a comma too many": "input { dims: [ 1, 2, ] }",
    "a stray sign": "name: \"a\" $",
}


def parsed(text: str) -> dict:
    answer = json_format.MessageToJson(text_format.Parse(text, ModelConfig()), preserving_proto_field_name=True, sort_keys=True)
    return json.loads(answer)


def main() -> None:
    read = {name: {"text": text, "json": parsed(text)} for name, text in TEXTS.items()}
    example = parsed((Path(sys.argv[1]) / "models/triton_simple/config.pbtxt").read_text())
    for name, text in REFUSED.items():
        try:
            text_format.Parse(text, ModelConfig())
            raise SystemExit(f"{name} was taken")
        except text_format.ParseError:
            pass
    Path(__file__).with_suffix(".json").write_text(json.dumps({"read": read, "example": example, "refused": REFUSED}, indent=1) + "\n")


main()
