"""The messages of the contract, from its descriptors: no generated code, so any release of protobuf does."""

from __future__ import annotations

from importlib import resources
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _load() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    found = descriptor_pb2.FileDescriptorSet()
    found.ParseFromString((resources.files(__package__) / "contract.binpb").read_bytes())
    files = {file.name: file for file in found.file}

    def add(name: str) -> None:
        file = files.pop(name, None)
        if file is None:
            return
        for dependency in file.dependency:
            add(dependency)
        pool.AddSerializedFile(file.SerializeToString())

    for name in list(files):
        add(name)
    return pool


_POOL = _load()


def message(name: str) -> Any:
    """The class of a message of ``maskwire.v1``."""
    descriptor = _POOL.FindMessageTypeByName(f"maskwire.v1.{name}")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(_POOL).GetPrototype(descriptor)
