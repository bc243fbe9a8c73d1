from fastapi import Depends, HTTPException, Path

from ..auth import get_current_user, require_admin
from ..catalog import UnknownProduct, catalog

ADMINS = {"dependencies": [Depends(require_admin)]}


def a_product(product_id: int = Path(alias="id")):
    try:
        return catalog.get(product_id)
    except UnknownProduct as error:
        raise HTTPException(404, "No such product") from error


def read_me(user=Depends(get_current_user)):
    return {"id": user.id, "username": user.username, "role": user.role}


def delete(product=Depends(a_product)):
    catalog.remove(product.id)
