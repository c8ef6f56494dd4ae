"""pyarrow's file system on the AWS C++ SDK: folders, streams, ranges, datasets. The endpoint is the argument."""
import os
import sys

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

s3 = fs.S3FileSystem(access_key="test", secret_key="test", region="us-east-1", endpoint_override=sys.argv[1], allow_bucket_creation=True, allow_bucket_deletion=True)
s3.create_dir("arrow/folder/deep", recursive=True)
large = os.urandom(12 * 1024 * 1024)
with s3.open_output_stream("arrow/large ä+.bin", metadata={"Content-Type": "text/x"}) as stream:
    for at in range(0, len(large), 1024 * 1024):
        stream.write(large[at : at + 1024 * 1024])
with s3.open_input_file("arrow/large ä+.bin") as file:
    file.seek(1000)
    assert file.read(10) == large[1000:1010]
    assert file.size() == len(large)
with s3.open_input_stream("arrow/large ä+.bin") as stream:
    assert stream.read() == large
with s3.open_output_stream("arrow/empty"):
    pass
assert [info.type for info in s3.get_file_info(["arrow/empty", "arrow/absent", "arrow/folder"])] == [fs.FileType.File, fs.FileType.NotFound, fs.FileType.Directory]
s3.copy_file("arrow/large ä+.bin", "arrow/copy")
s3.move("arrow/copy", "arrow/moved")
s3.delete_file("arrow/moved")

table = pa.table({"id": list(range(1000)), "zone": ["x", "y"] * 500})
ds.write_dataset(table, "arrow/rides", format="parquet", partitioning=["zone"], partitioning_flavor="hive", filesystem=s3)
rides = ds.dataset("arrow/rides", filesystem=s3, partitioning="hive")
rows = rides.to_table(filter=ds.field("zone") == "x").num_rows
s3.delete_dir("arrow")
assert s3.get_file_info("arrow").type == fs.FileType.NotFound
print("rows", rows)
