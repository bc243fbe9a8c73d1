# A queue, and a worker of the lifespan that empties it before the app stops.
import asyncio
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from logs import audit, log
from mailer import Mailer, get_mailer
from store import NewOrder, NewUser, Order, Report, Session, User

queue = None


async def work():
    while True:
        function, arguments = await queue.get()
        try:
            await function(*arguments)
        except Exception:
            log.exception("A job failed")
        finally:
            queue.task_done()


@asynccontextmanager
async def lifespan(app):
    global queue
    queue = asyncio.Queue()
    worker = asyncio.create_task(work())
    yield
    await queue.join()
    worker.cancel()


async def get_session():
    with Session() as session:
        yield session


app = FastAPI(lifespan=lifespan)


async def welcome(mailer, user):
    try:
        await asyncio.to_thread(
            mailer.send, user.email, "Welcome to the Corner Shop", f"Dear {user.name}, welcome!"
        )
    except Exception as e:
        log.error(f"Welcome mail for user {user.id} failed: {e!r}")


async def confirm(mailer, user, product, order, note):
    text = f"You have ordered {order.quantity} x {product.name}. {note}"
    try:
        await asyncio.to_thread(mailer.send, user.email, f"Your order {order.id}", text)
    except Exception as e:
        log.error(f"Confirmation of order {order.id} failed: {e!r}")


async def write_audit(order, request_id):
    audit.info(f"order {order.id} by request {request_id}")


async def make_report(report_id):
    session = Session()
    try:
        sales = await asyncio.to_thread(session.add_up_sales)
        session.finish_report(report_id, "done", sales)
    except Exception:
        log.exception(f"report {report_id} failed")
        session.finish_report(report_id, "failed")
    finally:
        session.commit()
        session.close()


@app.post("/users", status_code=201, response_model=User)
async def create_user(
    new: NewUser,
    session: Session = Depends(get_session, scope="function"),
    mailer: Mailer = Depends(get_mailer),
):
    if session.find_user(new.email):
        raise HTTPException(409, "This address is taken")
    user = session.add_user(new)
    session.commit()
    queue.put_nowait((welcome, (mailer, user)))
    return user


@app.post("/orders", status_code=201, response_model=Order)
async def create_order(
    new: NewOrder,
    request: Request,
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
    queue.put_nowait((confirm, (mailer, user, product, order, new.note)))
    queue.put_nowait((write_audit, (order, request.headers.get("X-Request-ID"))))
    return order


@app.post("/reports", status_code=202, response_model=Report)
async def start_report(
    response: Response,
    session: Session = Depends(get_session, scope="function"),
):
    report = session.add_report()
    session.commit()
    queue.put_nowait((make_report, (report.id,)))
    response.headers["Location"] = f"/reports/{report.id}"
    return report


@app.get("/reports/{report_id}", response_model=Report)
async def get_report(report_id: int, session: Session = Depends(get_session, scope="function")):
    report = session.get_report(report_id)
    if not report:
        raise HTTPException(404, "No such report")
    return report
