from .settings import *

ROOT_URLCONF = "project.wrong_urls"
