"""The database and Redis: engines, the statements, and how rows are read and written."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic_core import from_json, to_json
from redis.asyncio import Redis
from sqlalchemy import Row, Table, Text, and_, bindparam, cast as sql_cast, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import raiseload
from sqlalchemy.orm.attributes import set_committed_value

from bench.peer import config
from bench.peer.models import PARTS, Experience, Profile

# Id, user_id, version and created_at of a profile.
HeadRow = Row[uuid.UUID, int, int, dt.datetime]
Database = AsyncConnection | AsyncSession

MAX_ROWS = 1000
MAX_DOCUMENT_BYTES = 4 * 2**20

engine = create_async_engine(
    config.DATABASE_URL,
    pool_size=config.POOL_SIZE,
    max_overflow=0,
    json_serializer=lambda value: to_json(value).decode(),
    json_deserializer=from_json,
)
# Reads need no transaction: without one, two messages to the database fewer a request.
_autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
reading = async_sessionmaker(_autocommit, expire_on_commit=False)
writing = async_sessionmaker(engine, expire_on_commit=False)
# For look-ups of a few columns a bare connection took 0.15 of 0.8 ms less than a session.
looking = _autocommit.connect

redis = Redis.from_url(config.REDIS_URL) if config.CACHE else None
CACHE_SECONDS = 24 * 60 * 60

# What lies in the trash is not found.
_BY_ID = and_(Profile.id == bindparam("profile_id"), Profile.deleted_at.is_(None))
_HEAD = select(Profile.id, Profile.user_id, Profile.version, Profile.created_at).where(_BY_ID)
_LOCKED_HEAD = _HEAD.with_for_update(key_share=True)
# The lists come with it: the mapping says lazy="selectin", which took 10 % less than the same as options.
_WHOLE = select(Profile).where(_BY_ID)
# Of the lists only those that the analytics look at.
UNSCORED = ("volunteering", "awards", "publications", "interests", "references")
_SCORED = _WHOLE.options(*(raiseload(getattr(Profile, name)) for name in UNSCORED))
_ALONE = _WHOLE.options(raiseload("*"))
_LOCKED = _ALONE.with_for_update(key_share=True)
_LISTS = {
    relation.key: select(part := relation.mapper.class_)
    .where(part.profile_id == bindparam("profile_id"))
    .order_by(part.position, part.id)
    for relation in Profile.__mapper__.relationships
}
# Of the table, not of the mapped class: the ORM's own bulk insert took 12 % more of the request.
_INSERT = insert(cast("Table", Experience.__table__))
_REVISE = (
    update(Profile)
    .where(_BY_ID)
    .values(version=Profile.version + 1, updated_at=func.greatest(func.clock_timestamp(), Profile.updated_at))
    .returning(Profile.id, Profile.user_id, Profile.version, Profile.created_at)
)


def _bytes_of(part: Any) -> Any:
    rows = part.__table__
    size = func.sum(func.octet_length(sql_cast(rows.table_valued(), Text)))
    return select(func.coalesce(size, 0)).where(rows.c.profile_id == bindparam("profile_id")).scalar_subquery()


# Where the next row goes, how many there are, and about how many bytes all lists of the profile have.
_ROOM = select(
    func.coalesce(func.max(Experience.position) + 1, 0),
    func.count(),
    sum((_bytes_of(part) for part in PARTS[1:]), start=_bytes_of(PARTS[0])),
).where(Experience.profile_id == bindparam("profile_id"))


async def head(db: Database, profile_id: uuid.UUID) -> HeadRow | None:
    """Owner and version of a profile."""
    return (await db.execute(_HEAD, {"profile_id": profile_id})).one_or_none()


async def locked_head(db: Database, profile_id: uuid.UUID) -> HeadRow | None:
    """Owner and version of a profile, whose row is locked until the transaction ends."""
    return (await db.execute(_LOCKED_HEAD, {"profile_id": profile_id})).one_or_none()


async def whole(db: AsyncSession, profile_id: uuid.UUID) -> Profile | None:
    """A profile with all its lists."""
    if config.LOADING == "selectin":
        return cast("Profile | None", await db.scalar(_WHOLE, {"profile_id": profile_id}))
    return await _with_lists(db, profile_id, _LISTS)


async def scored(db: AsyncSession, profile_id: uuid.UUID) -> Profile | None:
    """A profile with the lists that its analytics are made of."""
    if config.LOADING == "selectin":
        return cast("Profile | None", await db.scalar(_SCORED, {"profile_id": profile_id}))
    return await _with_lists(db, profile_id, {name: rows for name, rows in _LISTS.items() if name not in UNSCORED})


async def _with_lists(db: AsyncSession, profile_id: uuid.UUID, lists: Mapping[str, Any]) -> Profile | None:
    profile: Profile | None = await db.scalar(_ALONE, {"profile_id": profile_id})
    if profile is not None:
        for name, rows in lists.items():
            set_committed_value(profile, name, (await db.scalars(rows, {"profile_id": profile_id})).all())
    return profile


async def locked(db: AsyncSession, profile_id: uuid.UUID) -> Profile | None:
    """A profile without its lists, whose row is locked until the transaction ends."""
    profile: Profile | None = await db.scalar(_LOCKED, {"profile_id": profile_id})
    return profile


async def room(db: AsyncSession, profile_id: uuid.UUID) -> tuple[int, int, int]:
    """The place of the next experience, how many there are, and the bytes that the profile's lists have."""
    position, rows, size = (await db.execute(_ROOM, {"profile_id": profile_id})).one()
    return position, rows, int(size)


async def append(db: AsyncSession, profile_id: uuid.UUID, rows: Sequence[dict[str, Any]]) -> HeadRow:
    """Stores new experiences, which asyncpg sends as one batch, and raises the profile's version."""
    await db.execute(_INSERT, rows)
    return (await db.execute(_REVISE, {"profile_id": profile_id})).one()
