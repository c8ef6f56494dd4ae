"""The lake walk-through's calls by boto3: endpoint and scratch folder are the arguments."""
import hashlib
import json
import os
import sys
import time
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

endpoint, folder, name = sys.argv[1:4]


def client(service, **config):
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", config=Config(retries={"max_attempts": 1}, **config))


s3, glue, athena, formation = client("s3", signature_version="s3v4"), client("glue"), client("athena"), client("cloudformation")
bucket = f"boto-{name}"

formation.create_stack(
    StackName=name,
    TemplateBody=json.dumps(
        {
            "Resources": {
                "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}},
                "Database": {"Type": "AWS::Glue::Database", "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": f"{name}_db"}}},
            },
            "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}},
        }
    ),
)
formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
assert formation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"][0]["OutputValue"] == bucket

# Four parts of 5 MiB and a rest, then back again.
large = os.path.join(folder, f"{name}.bin")
with open(large, "wb") as file:
    file.write(os.urandom(22 * 1024 * 1024))
s3.upload_file(large, bucket, "large.bin", Config=TransferConfig(multipart_threshold=5 * 1024 * 1024, multipart_chunksize=5 * 1024 * 1024))
s3.download_file(bucket, "large.bin", large + ".back")
assert hashlib.sha256(open(large, "rb").read()).digest() == hashlib.sha256(open(large + ".back", "rb").read()).digest()
assert s3.head_object(Bucket=bucket, Key="large.bin")["ETag"].endswith('-5"')

lines = ["id,fare,flag"] + [f"{n},{n * 1.5},{'Y' if n % 2 else 'N'}" for n in range(1500)]
s3.put_object(Bucket=bucket, Key="rides/part.csv", Body="\r\n".join(lines).encode())
url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "rides/part.csv"}, ExpiresIn=60)
assert urllib.request.urlopen(url).read().startswith(b"id,fare,flag")

glue.create_crawler(Name=name, Role="arn:aws:iam::000000000000:role/any", DatabaseName=f"{name}_db", Targets={"S3Targets": [{"Path": f"s3://{bucket}/rides/"}]})
glue.start_crawler(Name=name)
while glue.get_crawler(Name=name)["Crawler"]["State"] != "READY":
    time.sleep(0.1)
assert glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"

execution = athena.start_query_execution(
    QueryString="SELECT id, fare, flag FROM rides ORDER BY id",
    QueryExecutionContext={"Database": f"{name}_db"},
    ResultConfiguration={"OutputLocation": f"s3://{bucket}/results/"},
)["QueryExecutionId"]
while True:
    status = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
    if status["State"] not in ("QUEUED", "RUNNING"):
        break
    time.sleep(0.1)
assert status["State"] == "SUCCEEDED", status
rows = [row for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution) for row in page["ResultSet"]["Rows"]]
assert len(rows) == 1501, len(rows)
assert [cell["VarCharValue"] for cell in rows[1500]["Data"]] == ["1499", "2248.5", "Y"], rows[1500]

try:
    athena.start_query_execution(QueryString="SELEC 1", ResultConfiguration={"OutputLocation": f"s3://{bucket}/results/"})
    raise AssertionError("a wrong statement was accepted")
except athena.exceptions.InvalidRequestException as error:
    assert "line 1" in str(error), error

print("rows", len(rows) - 1)
