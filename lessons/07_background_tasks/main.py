from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Response
from logs import audit, log
from mailer import Mailer, get_mailer
from store import NewOrder, NewUser, Order, Report, Session, User, get_session

app = FastAPI(title="Corner Shop API")

SessionDep = Annotated[Session, Depends(get_session, scope="function")]
MailerDep = Annotated[Mailer, Depends(get_mailer)]


# TODO 1: send a welcome mail, after the response. It must not block the event loop.
#   POST /users  {"name": "Ada", "email": "ada@example.com", "password": "correct horse"}
#   201  {"id": 101, "name": "Ada", "email": "ada@example.com"}
#   then mailer.send("ada@example.com", "Welcome to the Corner Shop", "Hello Ada, …")
@app.post("/users", status_code=201)
def create_user(new: NewUser, session: SessionDep) -> User:
    if session.find_user(new.email):
        raise HTTPException(409, "This address is taken")
    user = session.add_user(new)
    session.commit()
    return user


# TODO 2: send a confirmation, after the response.
#   POST /orders  {"user_id": 101, "product_id": 1, "quantity": 2, "note": "For Grandma",
#                  "card_token": "tok_4f9a61"}
#   201  {"id": 1001, "user_id": 101, "product_id": 1, "quantity": 2, "total_cents": 2500}
#   then mailer.send("ada@example.com", "Your order 1001", "… Enamel mug … For Grandma …")
# TODO 3: write one line to the audit log, with the id of the order and the header X-Request-ID.
#   audit.info("order=1001 request=8f14e45f-ceea-467f-a9c3-3b2d1c0e5a77")
# TODO 4: a mail that cannot be sent changes nothing else, and is logged as an error.
#   log.exception("No mail for order 1001")
@app.post("/orders", status_code=201)
def create_order(new: NewOrder, session: SessionDep) -> Order:
    user, product = session.get_user(new.user_id), session.get_product(new.product_id)
    if user is None or product is None:
        raise HTTPException(404, "No such user or product")
    if product.stock < new.quantity:
        raise HTTPException(409, "Not enough of it in stock")
    order = session.add_order(new, product)
    session.commit()
    return order


# TODO 5: accept a report, make it after the response, and show how far it is.
#   POST /reports
#   202  Location: /reports/11
#        {"id": 11, "status": "pending", "orders": null, "total_cents": null}
#   GET /reports/11
#   200  {"id": 11, "status": "done", "orders": 1, "total_cents": 2500}
# TODO 6: the report opens a session of its own, and closes it. When it fails, it says so.
#   GET /reports/12
#   200  {"id": 12, "status": "failed", "orders": null, "total_cents": null}
