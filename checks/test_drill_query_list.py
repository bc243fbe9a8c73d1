from course.harness import hints, needs, one_app

pytestmark = one_app


@hints(
    "A list needs a marker, or FastAPI looks for it in the body.",
    "n: Annotated[list[int], Query()]",
)
def test_a_list(api, rng):
    """GET /sum?n=…&n=… counts and adds up all numbers."""
    lists = ([rng.randint(1, 99), 7, 7], [0], [100] * 5)
    for numbers in lists:
        response = api.get("/sum", params={"n": numbers})
        assert response.status_code == 200
        assert response.json() == {"count": len(numbers), "sum": sum(numbers)}, (
            f"The query string has n {len(numbers)} times. All of them are meant, also when two "
            "are the same."
        )


@needs("test_a_list")
@hints(
    "A parameter without a default must be sent at least once.",
    "max_length of Query() bounds a list, as it does a text: Query(max_length=5).",
)
def test_one_to_five(api):
    """GET /sum is 422 without a number, and with more than five."""
    for numbers in ([], [1] * 6):
        response = api.get("/sum", params={"n": numbers})
        assert response.status_code == 422, (
            f"There were {len(numbers) or 'no'} numbers, and 1 to 5 are allowed."
        )


@needs("test_a_list")
@hints(
    "Query(ge=0) speaks of the list. What bounds one number of it stands beside the int.",
    "list[Annotated[int, Field(ge=0, le=100)]]",
)
def test_each_from_0_to_100(api):
    """GET /sum is 422 when one of the numbers is none from 0 to 100."""
    for wrong in ("-1", "101", "two", "1.5"):
        for numbers in ([wrong], ["50", wrong, "50"]):
            response = api.get("/sum", params={"n": numbers})
            assert response.status_code == 422, (
                f"One of the numbers is {wrong}. Each of them is a whole number from 0 to 100."
            )
