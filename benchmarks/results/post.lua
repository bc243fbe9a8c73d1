wrk.method = "POST"
wrk.body = [[{"sku": "MUG-0001", "quantity": 3, "note": "for Ada"}]]
wrk.headers["Content-Type"] = "application/json"
