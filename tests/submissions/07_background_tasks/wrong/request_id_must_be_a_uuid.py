# fails: test_an_order_leaves_one_audit_line
# kind: validation
# says: as x-request-id in the headers: Input should be a valid UUID
from typing import Annotated
from uuid import UUID

from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Response
from logs import audit, log
from mailer import Mailer, get_mailer
from store import NewOrder, NewUser, Order, Report, Session, User, get_session

app = FastAPI(title="Corner Shop API")

SessionDep = Annotated[Session, Depends(get_session, scope="function")]
MailerDep = Annotated[Mailer, Depends(get_mailer)]


def send_mail(mailer: Mailer, reason: str, to: str, subject: str, body: str) -> None:
    """A task. Nobody waits for it, so nobody else would see that it failed."""
    try:
        mailer.send(to, subject, body)
    except Exception:
        log.exception("No mail for %s", reason)


def make_report(report_id: int) -> None:
    """A task. The session of the request is closed by now, so it opens its own."""
    with Session() as session:
        try:
            sales = session.add_up_sales()
        except Exception:
            log.exception("No report %s", report_id)
            session.finish_report(report_id, "failed")
        else:
            session.finish_report(report_id, "done", sales)
        session.commit()


@app.post("/users", status_code=201)
def create_user(
    new: NewUser, session: SessionDep, mailer: MailerDep, tasks: BackgroundTasks
) -> User:
    if session.find_user(new.email):
        raise HTTPException(409, "This address is taken")
    user = session.add_user(new)
    session.commit()
    tasks.add_task(
        send_mail,
        mailer,
        reason=f"user {user.id}",
        to=user.email,
        subject="Welcome to the Corner Shop",
        body=f"Hello {user.name}, nice to have you here.",
    )
    return user


@app.post("/orders", status_code=201)
def create_order(
    new: NewOrder,
    session: SessionDep,
    mailer: MailerDep,
    tasks: BackgroundTasks,
    x_request_id: Annotated[UUID | None, Header()] = None,
) -> Order:
    user, product = session.get_user(new.user_id), session.get_product(new.product_id)
    if user is None or product is None:
        raise HTTPException(404, "No such user or product")
    if product.stock < new.quantity:
        raise HTTPException(409, "Not enough of it in stock")
    order = session.add_order(new, product)
    session.commit()
    tasks.add_task(
        send_mail,
        mailer,
        reason=f"order {order.id}",
        to=user.email,
        subject=f"Your order {order.id}",
        body=f"{order.quantity} × {product.name} will soon be with you.\n\n{new.note}",
    )
    tasks.add_task(audit.info, "order=%s request=%s", order.id, x_request_id)
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
