"""A client of Maskwire that knows only its .proto files.

Generates its stubs with grpcio-tools into a temporary folder, uploads a picture, asks for masks both ways, decodes the
run-length encoding by itself, and prints what it found as one line of JSON.
"""

import argparse
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import grpc
import grpc_tools
from grpc_tools import protoc

CHUNK_BYTES = 256 * 1024
DEADLINE_SECONDS = 60
OPTIONAL = re.compile(r"^(\s*)optional (\w+ (\w+) = .*;)", flags=re.MULTILINE)


def generate(protos: pathlib.Path, health: pathlib.Path, folder: str) -> None:
    """Stubs of every .proto file, importable from `folder`.

    Debian's grpcio-tools carries a compiler from before proto3 knew the label `optional`. Such a compiler gets copies with
    a oneof of the one field in its place, which is the same on the wire: a coordinate that is 0 is sent.
    """
    copies = pathlib.Path(folder) / "protos"
    for path in protos.glob("maskwire/v1/*.proto"):
        copy = copies / path.relative_to(protos)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        copy.write_text(text if knows_optional() else OPTIONAL.sub(r"\1oneof _\3 { \2 }", text))
    builtin = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    files = [str(path.relative_to(copies)) for path in sorted(copies.glob("maskwire/v1/*.proto"))]
    places = [f"-I{copies}", f"-I{health}", f"-I{builtin}"]
    outputs = [f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main(["protoc", *places, *outputs, *files, "health/v1/health.proto"]) != 0:
        raise SystemExit("protoc failed")
    sys.path.insert(0, folder)


@functools.cache
def knows_optional() -> bool:
    """Whether the compiler is 3.15 or later."""
    said = subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "--version"], capture_output=True, text=True).stdout
    version = re.search(r"(\d+)\.(\d+)", said)
    return version is None or (int(version[1]), int(version[2])) >= (3, 15)


def runs_of(counts: str) -> list[int]:
    """COCO's compressed counts: 5 bits a character, least first, differences from the run two before."""
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = ord(character) - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    return runs


def is_inside(rle, x: int, y: int) -> bool:
    """Whether a pixel belongs to the mask; runs go down the columns, background first."""
    height, width = rle.size
    wanted = x * height + y
    end = 0
    for index, run in enumerate(runs_of(rle.counts)):
        end += run
        if wanted < end:
            return index % 2 == 1
    raise ValueError(f"({x}, {y}) is outside the {width} x {height} mask")


def describe(mask, x: int, y: int) -> dict:
    runs = runs_of(mask.rle.counts)
    return {
        "size": list(mask.rle.size),
        "pixels": sum(runs),
        "area": mask.area,
        "runsArea": sum(runs[1::2]),
        "inside": is_inside(mask.rle, x, y),
        "predictedIou": mask.predicted_iou,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("picture", type=pathlib.Path)
    parser.add_argument("x", type=int)
    parser.add_argument("y", type=int)
    parser.add_argument("--protos", type=pathlib.Path, required=True)
    parser.add_argument("--health", type=pathlib.Path, required=True)
    parser.add_argument("--ca", type=pathlib.Path, help="authority of an encrypted server, PEM")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        generate(options.protos, options.health, folder)
        print(json.dumps(call_all(options)))


def connect(options) -> grpc.Channel:
    if options.ca is None:
        return grpc.insecure_channel(options.address)
    return grpc.secure_channel(options.address, grpc.ssl_channel_credentials(options.ca.read_bytes()))


def call_all(options) -> dict:
    from health.v1 import health_pb2, health_pb2_grpc
    from maskwire.v1 import decoder_pb2, decoder_pb2_grpc, encoder_pb2, encoder_pb2_grpc, prompt_pb2

    x, y = options.x, options.y
    prompt = prompt_pb2.Prompt(points=[prompt_pb2.Point(x=x, y=y)])

    def parts():
        yield encoder_pb2.EncodeRequest(header=encoder_pb2.EncodeHeader())
        data = options.picture.read_bytes()
        for at in range(0, len(data), CHUNK_BYTES):
            yield encoder_pb2.EncodeRequest(chunk=data[at : at + CHUNK_BYTES])

    with connect(options) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        encoder = encoder_pb2_grpc.EncoderServiceStub(channel)
        decoder = decoder_pb2_grpc.DecoderServiceStub(channel)

        status = health.Check(health_pb2.HealthCheckRequest(service="maskwire.v1.DecoderService"), timeout=DEADLINE_SECONDS)
        events = list(encoder.Encode(parts(), timeout=DEADLINE_SECONDS))
        image = events[-1].ready.image
        request = decoder_pb2.SegmentRequest(sequence=7, image_id=image.image_id, prompt=prompt)
        once = decoder.SegmentOnce(request, timeout=DEADLINE_SECONDS)

        bad = decoder_pb2.SegmentRequest(sequence=8, image_id=image.image_id, prompt=prompt_pb2.Prompt())
        streamed = {answer.sequence: answer for answer in decoder.Segment(iter([request, bad]), timeout=DEADLINE_SECONDS)}
        try:
            decoder.SegmentOnce(bad, timeout=DEADLINE_SECONDS)
            refused = "not refused"
        except grpc.RpcError as error:
            refused = error.code().name

    return {
        "health": health_pb2.HealthCheckResponse.ServingStatus.Name(status.status),
        "events": [event.WhichOneof("event") for event in events],
        "image": {"imageId": image.image_id, "width": image.width, "height": image.height},
        "once": describe(once.result.masks[0], x, y),
        "streamed": describe(streamed[7].result.masks[0], x, y),
        "sameMask": once.result.masks[0].rle.counts == streamed[7].result.masks[0].rle.counts,
        "streamedError": [streamed[8].WhichOneof("outcome"), streamed[8].error.code],
        "refused": refused,
    }


if __name__ == "__main__":
    main()
