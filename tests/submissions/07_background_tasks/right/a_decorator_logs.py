# A decorator that logs what a task raises, with a logger of its own; the mailer made once.
import logging
from collections.abc import Callable
from functools import partial, wraps
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Response
from logs import audit
from mailer import get_mailer
from store import NewOrder, NewUser, Order, Report, Session, User, get_session

app = FastAPI(title="Corner Shop API")

SessionDep = Annotated[Session, Depends(get_session, scope="function")]
mailer = get_mailer()


def logged(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def task(number: int, *arguments: object) -> None:
            try:
                function(number, *arguments)
            except Exception:
                logging.getLogger(__name__).exception("%s %d", what, number)

        return task

    return decorate


@logged("No mail about")
def send_mail(number: int, *mail: str) -> None:
    mailer.send(*mail)


@logged("No report")
def make_report(report_id: int) -> None:
    """A task. The session of the request is closed by now, so it opens its own."""
    with Session() as session:
        try:
            session.finish_report(report_id, "done", session.add_up_sales())
        except Exception:
            session.finish_report(report_id, "failed")
            raise
        finally:
            session.commit()


@app.post("/users", status_code=201)
def create_user(new: NewUser, session: SessionDep, tasks: BackgroundTasks) -> User:
    if session.find_user(new.email):
        raise HTTPException(409, "This address is taken")
    user = session.add_user(new)
    session.commit()
    tasks.add_task(
        send_mail,
        user.id,
        user.email,
        "Welcome to the Corner Shop",
        f"Hello {user.name}, nice to have you here.",
    )
    return user


@app.post("/orders", status_code=201)
def create_order(
    new: NewOrder,
    session: SessionDep,
    tasks: BackgroundTasks,
    x_request_id: Annotated[str, Header()] = "-",
) -> Order:
    user, product = session.get_user(new.user_id), session.get_product(new.product_id)
    if user is None or product is None:
        raise HTTPException(404, "No such user or product")
    if product.stock < new.quantity:
        raise HTTPException(409, "Not enough of it in stock")
    order = session.add_order(new, product)
    session.commit()
    body = f"{product.name}: {new.note}"
    tasks.add_task(partial(send_mail, order.id, user.email, f"Your order {order.id}", body))
    audit.info("order=%s request=%s", order.id, x_request_id)
    return order


@app.post("/reports", status_code=202)
def request_report(session: SessionDep, tasks: BackgroundTasks, response: Response) -> Report:
    report = session.add_report()
    session.commit()
    tasks.add_task(make_report, report.id)
    response.headers["Location"] = f"/reports/{report.id}"
    return report


@app.get("/reports/{report_id}")
def read_report(report_id: int, session: SessionDep) -> Report:
    report = session.get_report(report_id)
    if report is None:
        raise HTTPException(404, "No such report")
    return report
