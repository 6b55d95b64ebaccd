# A small image that runs as nobody in particular; web, worker and beat are one image.

FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY manage.py ./
COPY project project
COPY dataio dataio
COPY templates templates
COPY static static
# A key for this one command; the site's own comes from its environment.
RUN SECRET_KEY=collectstatic ALLOWED_HOSTS=localhost HTTPS=true DATAIO_VAR=/tmp/var \
    python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home dataio \
    && mkdir -p /data/beat && chown -R dataio /data
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HTTPS=true \
    DATAIO_VAR=/data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER dataio
VOLUME /data
EXPOSE 8000
CMD ["uvicorn", "project.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--log-config", "project/uvicorn_logs.json", "--lifespan", "off", "--timeout-graceful-shutdown", "20", "--ws-per-message-deflate", "false"]
