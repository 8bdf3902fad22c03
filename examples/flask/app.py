"""A Flask service on MongoDB. The requirements of the stack: docs/your-service.md."""

import os
from datetime import datetime, timezone

from flask import Flask, Response, json, jsonify, request
from pymongo import MongoClient
from pymongo.errors import PyMongoError

app = Flask(__name__)
# The database may start after this process, or stop: the driver connects at each operation if necessary.
client = MongoClient(os.environ["MONGODB_URI"], serverSelectionTimeoutMS=2000)
documents = client.get_default_database()["data"]


@app.get("/")
def welcome():
    return jsonify(message="Welcome", time=datetime.now(timezone.utc).isoformat())


@app.post("/data")
def insert():
    document = request.get_json()  # 400 or 415 if it is not JSON
    if not isinstance(document, dict):
        return jsonify(error="The body must be a JSON object."), 400
    return jsonify(id=str(documents.insert_one(document).inserted_id)), 201


@app.get("/data")
def list_all():
    def array():
        separator = "["
        for document in documents.find():  # in batches: the whole collection need not fit into memory
            yield separator + json.dumps(document, default=str)
            separator = ","
        yield "[]" if separator == "[" else "]"

    client.admin.command("ping")  # while 503 can still be the status
    return Response(array(), mimetype="application/json")


@app.get("/health")
@app.get("/health/startup")
def health():
    client.admin.command("ping")
    return jsonify(status="available")


@app.get("/health/ready")
@app.get("/health/live")
def alive():  # also without the database, which a restart would not bring back
    return jsonify(status="available")


@app.errorhandler(PyMongoError)
def unavailable(error):
    app.logger.error("database: %s", error)
    return jsonify(error="The database is not available."), 503
