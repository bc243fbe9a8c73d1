# fails: test_a_mail_leaves_after_the_response
# kind: wrong-body
# says: sent before the response left: when the mail server takes ten seconds, the client of POST /users waits ten seconds. After the response had left, a task was no function but the result of a call: give add_task() the function, without parentheses
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from logs import audit, log
from mailer import Mailer, get_mailer
from store import NewOrder, NewUser, Order, Report, Session, User, get_session

app = FastAPI()


def welcome(mailer, user):
    try:
        mailer.send(user.email, "Welcome to the Corner Shop", f"Dear {user.name}, welcome!")
    except Exception as e:
        log.error(f"Welcome mail for user {user.id} failed: {e!r}")


def confirm(mailer, user, product, order, note):
    text = f"You have ordered {order.quantity} x {product.name}. {note}"
    try:
        mailer.send(user.email, f"Your order {order.id}", text)
    except Exception as e:
        log.error(f"Confirmation of order {order.id} failed: {e!r}")


def write_audit(order, request_id):
    audit.info(f"order {order.id} by request {request_id}")


def make_report(report_id):
    session = Session()
    try:
        sales = session.add_up_sales()
        session.finish_report(report_id, "done", sales)
    except Exception:
        log.exception(f"report {report_id} failed")
        session.finish_report(report_id, "failed")
    finally:
        session.commit()
        session.close()


@app.post("/users", status_code=201, response_model=User)
def create_user(
    new: NewUser,
    background_tasks: BackgroundTasks,
    session: Session = Depends(get_session, scope="function"),
    mailer: Mailer = Depends(get_mailer),
):
    if session.find_user(new.email):
        raise HTTPException(409, "This address is taken")
    user = session.add_user(new)
    session.commit()
    background_tasks.add_task(welcome(mailer, user))
    return user


@app.post("/orders", status_code=201, response_model=Order)
def create_order(
    new: NewOrder,
    request: Request,
    background_tasks: BackgroundTasks,
    session: Session = Depends(get_session, scope="function"),
    mailer: Mailer = Depends(get_mailer),
):
    user = session.get_user(new.user_id)
    product = session.get_product(new.product_id)
    if not user or not product:
        raise HTTPException(404, "No such user or product")
    if product.stock < new.quantity:
        raise HTTPException(409, "Not enough of it in stock")
    order = session.add_order(new, product)
    session.commit()
    background_tasks.add_task(confirm(mailer, user, product, order, new.note))
    background_tasks.add_task(write_audit, order, request.headers.get("X-Request-ID"))
    return order


@app.post("/reports", status_code=202, response_model=Report)
def start_report(
    response: Response,
    background_tasks: BackgroundTasks,
    session: Session = Depends(get_session, scope="function"),
):
    report = session.add_report()
    session.commit()
    background_tasks.add_task(make_report, report.id)
    response.headers["Location"] = f"/reports/{report.id}"
    return report


@app.get("/reports/{report_id}", response_model=Report)
def get_report(report_id: int, session: Session = Depends(get_session, scope="function")):
    report = session.get_report(report_id)
    if not report:
        raise HTTPException(404, "No such report")
    return report
