# A dependency that has the tasks and the mailer, an APIRouter, a class with the task.
import contextlib
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from logs import audit, log
from mailer import Mailer, get_mailer
from store import NewOrder, NewUser, Order, Report, Session, User


def get_db() -> Iterator[Session]:
    """Commits by itself, before the response leaves."""
    session = Session()
    try:
        yield session
        session.commit()
    finally:
        session.close()


class Post:
    def __init__(self, tasks: BackgroundTasks, mailer: Annotated[Mailer, Depends(get_mailer)]):
        self.tasks, self.mailer = tasks, mailer

    def later(self, about: str, *mail: str) -> None:
        self.tasks.add_task(self._send, about, mail)

    def _send(self, about: str, mail: tuple[str, ...]) -> None:
        try:
            self.mailer.send(*mail)
        except Exception as error:
            log.critical("%s: %s", about, error)


class Reporter:
    def __init__(self, number: int):
        self.number = number

    def __call__(self) -> None:
        with contextlib.closing(Session()) as session:
            try:
                session.finish_report(self.number, "done", session.add_up_sales())
            except Exception:
                log.exception("Report %d", self.number)
                session.finish_report(self.number, "failed")
            session.commit()


Db = Annotated[Session, Depends(get_db, scope="function")]
PostDep = Annotated[Post, Depends()]
users, orders, reports = APIRouter(prefix="/users"), APIRouter(prefix="/orders"), APIRouter()


@users.post("", status_code=201)
def create_user(new: NewUser, db: Db, post: PostDep) -> User:
    if db.find_user(new.email):
        raise HTTPException(409, "taken")
    user = db.add_user(new)
    post.later(f"user {user.id}", user.email, "Welcome to the Corner Shop", f"Hi {user.name}!")
    return user


@orders.post("", status_code=201)
def create_order(new: NewOrder, db: Db, post: PostDep, request: Request) -> Order:
    match db.get_user(new.user_id), db.get_product(new.product_id):
        case User() as user, product if product is not None:
            pass
        case _:
            raise HTTPException(404)
    if product.stock < new.quantity:
        raise HTTPException(409)
    order = db.add_order(new, product)
    subject, text = f"Your order {order.id}", f"{product.name}, with the words: {new.note}"
    request_id = request.headers.get("x-request-id", "none")
    # The order of the two does not matter.
    post.tasks.add_task(audit.info, f"#{order.id} ({request_id})")
    post.later(f"#{order.id}", user.email, subject, text)
    return order


@reports.post("/reports", status_code=202)
def create_report(db: Db, tasks: BackgroundTasks, response: Response) -> Report:
    report = db.add_report()
    tasks.add_task(Reporter(report.id))
    response.headers["location"] = f"/reports/{report.id}"
    return report


@reports.get("/reports/{number}")
def read_report(number: int, db: Db) -> Report:
    if report := db.get_report(number):
        return report
    raise HTTPException(404)


app = FastAPI()
for router in (users, orders, reports):
    app.include_router(router)
