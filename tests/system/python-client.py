"""Calls the gateway as the AIAA Python client does: http.client, a body put together by hand, cgi.FieldStorage on the raw socket file.

Usage: python-client.py URL METHOD SELECTOR FIELD FILE PARAMS. Prints status, params and the SHA-256 of the answer's file as JSON.
"""
import hashlib
import http.client
import json
import mimetypes
import sys
import urllib.parse
import warnings

warnings.simplefilter("ignore")
import cgi  # noqa: E402 (gone in Python 3.13, like the client's own use of it)

BOUNDARY = "----------lImIt_of_THE_fIle_eW_$"


def encode(params, field, path):
    lines = []
    if params:
        lines += [f"--{BOUNDARY}", 'Content-Disposition: form-data; name="params"', "", params]
    if field:
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        lines += [f"--{BOUNDARY}", f'Content-Disposition: form-data; name="{field}"; filename="{path}"']
        lines += [f"Content-Type: {kind}", "", open(path, "rb").read()]
    lines += [f"--{BOUNDARY}--", "", ""]
    return b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)


def main():
    url, method, selector, field, path, params = sys.argv[1:]
    parsed = urllib.parse.urlparse(url)
    connection = http.client.HTTPConnection(parsed.hostname, parsed.port)
    body = encode(params, field, path)
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "content-length": str(len(body))}
    connection.request(method, parsed.path.rstrip("/") + selector, body=body, headers=headers)
    response = connection.getresponse()
    answer = {"status": response.status, "reason": response.reason}
    if "multipart" in (response.getheader("content-type") or ""):
        environ = {"REQUEST_METHOD": "POST"}
        form = cgi.FieldStorage(fp=response.fp, headers=response.msg, environ=environ)
        for key in form:
            if form[key].filename:
                answer["file"] = hashlib.sha256(form[key].file.read()).hexdigest()
                answer["name"] = form[key].filename
            else:
                answer[key] = form.getvalue(key)
    else:
        answer["json"] = json.loads(response.read())
    print(json.dumps(answer))


main()
