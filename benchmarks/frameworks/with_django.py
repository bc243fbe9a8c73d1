"""Django in one file, with its own forms: as WSGI in threads, and as ASGI with async views."""

import asyncio
import json
import time

import django
from django import forms
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

SECONDS = 0.05

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="for a measurement on the loopback, and for nothing else",
    MIDDLEWARE=[],
    LOGGING_CONFIG=None,
)
django.setup()


class Order(forms.Form):
    sku = forms.CharField(max_length=20)
    quantity = forms.IntegerField(min_value=1, max_value=100)
    note = forms.CharField(required=False)


def plain(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"message": "Hello"})


def take(request: HttpRequest) -> JsonResponse:
    order = Order(json.loads(request.body))
    if not order.is_valid():
        return JsonResponse(order.errors, status=422)
    sku, quantity = order.cleaned_data["sku"], order.cleaned_data["quantity"]
    return JsonResponse({"sku": sku, "quantity": quantity, "total_cents": 1250 * quantity})


def wait(request: HttpRequest) -> JsonResponse:
    time.sleep(SECONDS)
    return JsonResponse({"waited": SECONDS})


async def plain_async(request: HttpRequest) -> JsonResponse:
    return plain(request)


async def take_async(request: HttpRequest) -> JsonResponse:
    return take(request)


async def wait_async(request: HttpRequest) -> JsonResponse:
    await asyncio.sleep(SECONDS)
    return JsonResponse({"waited": SECONDS})


urlpatterns = [
    path("plain", plain),
    path("orders", take),
    path("wait", wait),
    path("async/plain", plain_async),
    path("async/orders", take_async),
    path("async/wait", wait_async),
]
wsgi, asgi = get_wsgi_application(), get_asgi_application()
