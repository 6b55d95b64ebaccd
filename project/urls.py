"""The addresses of the site."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

urlpatterns = [
    path("", include("dataio.web.urls")),
    path(
        "login/",
        auth.LoginView.as_view(redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]

# A database that is away is answered with a sentence, not with "something broke".
handler500 = "dataio.web.trouble.server_error"
