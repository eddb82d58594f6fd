"""A web page on which anybody can try a model: pictures in, views, areas and files out. Needs gradio.

Only the page's layout and its queue are gradio's. Pictures come in and results go out by :mod:`mmspd.web.gateway`. It
stands before gradio and lets through nothing but what the page needs: gradio's own handling of files, which takes paths
and addresses from requests, is out of reach.
"""

from mmspd.web.limits import Limits
from mmspd.web.page import build_page
from mmspd.web.server import build_app, serve

__all__ = ['Limits', 'build_app', 'build_page', 'serve']
