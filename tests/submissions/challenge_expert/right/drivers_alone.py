# The drivers themselves, aiosqlite and asyncpg, without SQLAlchemy.
# terminal: needs asyncpg
import asyncio
import json
import logging
import os
import re
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import aiosqlite
import asyncpg
import desk
from fastapi import APIRouter, BackgroundTasks, FastAPI, Header, HTTPException
from pydantic import AwareDatetime, BaseModel, Field, model_validator

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Lite:
    serial = "INTEGER PRIMARY KEY"
    lock = "SELECT id FROM rooms WHERE id = ?"

    def __init__(self, path):
        self.path = path

    @asynccontextmanager
    async def begin(self):
        async with aiosqlite.connect(self.path, isolation_level=None, timeout=20) as c:
            c.row_factory = aiosqlite.Row
            await c.execute("BEGIN IMMEDIATE")
            self_ = self

            async def q(sql, *args):
                async with c.execute(sql, args) as cur:
                    return [dict(r) for r in await cur.fetchall()]

            try:
                yield q
            except BaseException:
                await c.execute("ROLLBACK")
                raise
            await c.execute("COMMIT")

    async def open(self):
        pass

    async def close(self):
        pass


class Pg:
    serial = "SERIAL PRIMARY KEY"
    lock = "SELECT id FROM rooms WHERE id = ? FOR NO KEY UPDATE"

    def __init__(self, url):
        self.url = url.replace("+asyncpg", "")

    async def open(self):
        self.pool = await asyncpg.create_pool(self.url, min_size=0, max_size=8)

    async def close(self):
        await self.pool.close()

    @asynccontextmanager
    async def begin(self):
        async with self.pool.acquire() as c, c.transaction():

            async def q(sql, *args):
                n = iter(range(1, 99))
                return [dict(r) for r in await c.fetch(re.sub(r"\?", lambda m: f"${next(n)}", sql), *args)]

            yield q


@asynccontextmanager
async def lifespan(app):
    global db
    url = os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{Path(__file__).with_name('rooms.db')}")
    db = Lite(url.split("///", 1)[1]) if url.startswith("sqlite") else Pg(url)
    await db.open()
    async with db.begin() as q:
        await q(f"CREATE TABLE IF NOT EXISTS rooms (id {db.serial}, name TEXT)")
        await q(f"CREATE TABLE IF NOT EXISTS bookings (id {db.serial}, room_id INT, person TEXT, t0 BIGINT, t1 BIGINT, status TEXT)")
        await q("CREATE TABLE IF NOT EXISTS keys (k TEXT PRIMARY KEY, req TEXT, res TEXT)")
    yield
    await db.close()


router = APIRouter()


class R(BaseModel):
    name: str = Field(min_length=1, max_length=80)


class B(BaseModel):
    room_id: int
    person: str = Field(min_length=1, max_length=80)
    start: AwareDatetime
    end: AwareDatetime
    wait: bool = False

    @model_validator(mode="after")
    def v(self):
        assert self.end > self.start
        return self


US = timedelta(microseconds=1)
FREE = "NOT EXISTS (SELECT 1 FROM bookings o WHERE o.room_id = ? AND o.status = 'booked' AND o.t0 < ? AND o.t1 > ?)"


def out(r):
    f = lambda t: (EPOCH + t * US).astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    return dict(id=r["id"], room_id=r["room_id"], person=r["person"], start=f(r["t0"]), end=f(r["t1"]), status=r["status"])


@router.post("/rooms", status_code=201)
async def a(r: R):
    async with db.begin() as q:
        return (await q("INSERT INTO rooms (name) VALUES (?) RETURNING id, name", r.name))[0]


@router.get("/rooms")
async def b():
    async with db.begin() as q:
        rooms = await q("SELECT id, name FROM rooms ORDER BY id")
        bs = await q("SELECT * FROM bookings WHERE status = 'booked' ORDER BY t0")
    return [r | {"bookings": [out(x) for x in bs if x["room_id"] == r["id"]]} for r in rooms]


@router.post("/bookings", status_code=201)
async def c(b: B, idempotency_key: str | None = Header(None)):
    for _ in range(3):
        try:
            return await c2(b, idempotency_key)
        except asyncpg.UniqueViolationError:
            pass


async def c2(b, key):
    req = b.model_dump_json()
    async with db.begin() as q:
        if key is not None:
            if isinstance(db, Pg):
                await q("INSERT INTO keys VALUES (?, ?, NULL) ON CONFLICT DO NOTHING", key, req)
            for row in await q("SELECT * FROM keys WHERE k = ? AND (req <> ? OR res IS NOT NULL)", key, req):
                if row["req"] != req:
                    raise HTTPException(422)
                return json.loads(row["res"])
        if not await q(db.lock, b.room_id):
            raise HTTPException(404)
        t0, t1 = (b.start - EPOCH) // US, (b.end - EPOCH) // US
        free = await q(f"SELECT 1 AS x WHERE {FREE}", b.room_id, t1, t0)
        if not free and not b.wait:
            raise HTTPException(409)
        row = out((await q("INSERT INTO bookings (room_id, person, t0, t1, status) VALUES (?,?,?,?,?) RETURNING *", b.room_id, b.person, t0, t1, "booked" if free else "waiting"))[0])
        if key is not None:
            await q("INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT (k) DO UPDATE SET res = excluded.res", key, req, json.dumps(row))
        return row


@router.get("/bookings/{i}")
async def d(i: int):
    async with db.begin() as q:
        rows = await q("SELECT * FROM bookings WHERE id = ?", i) if i < 2**31 else []
    if not rows:
        raise HTTPException(404)
    return out(rows[0])


@router.post("/bookings/{i}/cancel")
async def e(i: int, tasks: BackgroundTasks):
    async with db.begin() as q:
        rows = await q("SELECT * FROM bookings WHERE id = ?", i) if i < 2**31 else []
        if not rows:
            raise HTTPException(404)
        await q(db.lock, rows[0]["room_id"])
        rows = await q("UPDATE bookings SET status = 'cancelled' WHERE id = ? AND status != 'cancelled' RETURNING *", i)
        if not rows:
            raise HTTPException(409)
    tasks.add_task(f, rows[0]["room_id"])
    return out(rows[0])


async def f(room):
    up = []
    async with db.begin() as q:
        await q(db.lock, room)
        for w in await q("SELECT * FROM bookings WHERE room_id = ? AND status = 'waiting' ORDER BY id", room):
            up += await q(f"UPDATE bookings SET status = 'booked' WHERE id = ? AND {FREE} RETURNING *", w["id"], room, w["t1"], w["t0"])

    async def tell(w):
        try:
            await asyncio.to_thread(desk.tell, w["person"], w["id"])
        except Exception as ex:
            logging.getLogger("anything").error("booking %s: %s", w["id"], ex)

    await asyncio.gather(*map(tell, up))


app = FastAPI(lifespan=lifespan)
app.include_router(router)
