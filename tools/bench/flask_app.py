"""The Python peer: Flask and pymongo, served by gunicorn."""

import json
import os
from datetime import datetime, timezone

from flask import Flask, jsonify, request
from pymongo import MongoClient

app = Flask(__name__)
collection = MongoClient(os.environ["MONGODB_URI"]).get_default_database()["data"]


@app.get("/")
def welcome():
    return jsonify(message="Welcome", time=datetime.now(timezone.utc).isoformat())


@app.get("/data")
def list_data():
    return jsonify([{**document, "_id": str(document["_id"])} for document in collection.find()])


@app.post("/data")
def post_data():
    if request.mimetype == "application/x-ndjson":
        result = collection.insert_many([json.loads(line) for line in request.stream])
        return jsonify(insertedCount=len(result.inserted_ids)), 201
    return jsonify(id=str(collection.insert_one(request.get_json()).inserted_id)), 201
