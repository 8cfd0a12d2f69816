"""Calls the gateway as the AIAA Python client does (docs/reference/protocol.md): http.client, certificates unchecked, a body put together by hand,
and cgi.FieldStorage on the raw socket file, below every coding.

Usage: python-client.py URL OUT < calls.json. Each call is {method, selector, fields, files: {field: path}}. Prints one JSON line per call:
status, reason, form (part name to text) and the saved file's name and SHA-256, or the body where it is not multipart. OUT is the folder for files.
"""
import hashlib
import http.client
import json
import mimetypes
import os
import ssl
import sys
import urllib.parse
import warnings

warnings.simplefilter("ignore")
import cgi  # noqa: E402 (gone in Python 3.13, like the client's own use of it)

BOUNDARY = "----------lImIt_of_THE_fIle_eW_$"


def encode(fields, files):
    lines = []
    for name, value in fields.items():
        lines += [f"--{BOUNDARY}", f'Content-Disposition: form-data; name="{name}"', "", value]
    for name, path in files.items():
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        lines += [f"--{BOUNDARY}", f'Content-Disposition: form-data; name="{name}"; filename="{path}"']
        lines += [f"Content-Type: {kind}", "", open(path, "rb").read()]
    lines += [f"--{BOUNDARY}--", "", ""]
    return b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)


def connect(url):
    if url.scheme == "https":
        return http.client.HTTPSConnection(url.hostname, url.port, context=ssl._create_unverified_context())
    return http.client.HTTPConnection(url.hostname, url.port)


def parse_multipart(response):
    """The parts without a file name by name; the content of the first one that has a file name."""
    form = {}
    saved = {}
    fields = cgi.FieldStorage(fp=response.fp, headers=response.msg, environ={"REQUEST_METHOD": "POST"})
    for key in fields:
        part = fields[key]
        if part.filename and not saved:
            saved = {"name": part.filename, "content": part.file.read()}
        elif not part.filename:
            form[key] = fields.getvalue(key)
    return form, saved


def perform(url, call, out):
    selector = url.path.rstrip("/") + call["selector"]
    connection = connect(url)
    if "fields" in call:
        body = encode(call["fields"], call.get("files", {}))
        headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "content-length": str(len(body))}
        connection.request(call["method"], selector, body=body, headers=headers)
    else:
        connection.request(call["method"], selector)
    response = connection.getresponse()
    answer = {"status": response.status, "reason": response.reason}
    if response.status == 200 and "multipart" in (response.getheader("content-type") or ""):
        answer["form"], saved = parse_multipart(response)
        if saved:
            path = os.path.join(out, os.path.basename(saved["name"]))
            with open(path, "wb") as file:
                file.write(saved["content"])
            answer["file"] = path
            answer["sha256"] = hashlib.sha256(saved["content"]).hexdigest()
    else:
        answer["body"] = response.read().decode()
    return answer


def main():
    url = urllib.parse.urlparse(sys.argv[1])
    for call in json.load(sys.stdin):
        print(json.dumps(perform(url, call, sys.argv[2])))


main()
